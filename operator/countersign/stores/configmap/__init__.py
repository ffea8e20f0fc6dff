"""Knowledge in ConfigMaps: the default store, which needs nothing but the cluster."""

from countersign.stores.configmap.store import ConfigMapStore

__all__ = ["ConfigMapStore"]
