"""The kinds of objects that are known without asking the API server.

Kubernetes' own kinds are known whole. Of other projects' kinds only group and spelling are known;
version, plural and scope are asked for when a plan is made, as for any other kind.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Resource:
    """A kind and its place in the API; ``names`` are what people call it, in lower case."""

    kind: str
    api_version: str
    plural: str
    namespaced: bool = True
    names: tuple[str, ...] = ()

    @property
    def group(self) -> str:
        """The API group; empty for the core's."""
        return self.api_version.rpartition("/")[0]


_APPS, _BATCH, _POLICY, _NET = "apps/v1", "batch/v1", "policy/v1", "networking.k8s.io/v1"
_RBAC, _STORAGE, _ADMISSION = (
    "rbac.authorization.k8s.io/v1",
    "storage.k8s.io/v1",
    "admissionregistration.k8s.io/v1",
)

BUILT_IN: tuple[Resource, ...] = (
    Resource("Deployment", _APPS, "deployments", names=("deploy",)),
    Resource("StatefulSet", _APPS, "statefulsets", names=("sts",)),
    Resource("DaemonSet", _APPS, "daemonsets", names=("ds",)),
    Resource("ReplicaSet", _APPS, "replicasets", names=("rs",)),
    Resource("ControllerRevision", _APPS, "controllerrevisions"),
    Resource("Pod", "v1", "pods", names=("po",)),
    Resource("Service", "v1", "services", names=("svc",)),
    Resource("ConfigMap", "v1", "configmaps", names=("cm",)),
    Resource("Secret", "v1", "secrets"),
    Resource("ServiceAccount", "v1", "serviceaccounts", names=("sa",)),
    Resource("PersistentVolumeClaim", "v1", "persistentvolumeclaims", names=("pvc", "pvcs")),
    Resource("ReplicationController", "v1", "replicationcontrollers", names=("rc",)),
    Resource("Endpoints", "v1", "endpoints", names=("ep",)),
    Resource("LimitRange", "v1", "limitranges", names=("limits",)),
    Resource("ResourceQuota", "v1", "resourcequotas", names=("quota",)),
    Resource("Event", "v1", "events", names=("ev",)),
    Resource("Node", "v1", "nodes", namespaced=False, names=("no",)),
    Resource("Namespace", "v1", "namespaces", namespaced=False, names=("ns",)),
    Resource("PersistentVolume", "v1", "persistentvolumes", namespaced=False, names=("pv", "pvs")),
    Resource("Job", _BATCH, "jobs"),
    Resource("CronJob", _BATCH, "cronjobs", names=("cj",)),
    Resource(
        "HorizontalPodAutoscaler", "autoscaling/v2", "horizontalpodautoscalers", names=("hpa",)
    ),
    Resource("PodDisruptionBudget", _POLICY, "poddisruptionbudgets", names=("pdb", "pdbs")),
    Resource("Ingress", _NET, "ingresses", names=("ing",)),
    Resource("IngressClass", _NET, "ingressclasses", namespaced=False),
    Resource("NetworkPolicy", _NET, "networkpolicies", names=("netpol", "netpols")),
    Resource("EndpointSlice", "discovery.k8s.io/v1", "endpointslices"),
    Resource("Lease", "coordination.k8s.io/v1", "leases"),
    Resource("Role", _RBAC, "roles"),
    Resource("RoleBinding", _RBAC, "rolebindings"),
    Resource("ClusterRole", _RBAC, "clusterroles", namespaced=False),
    Resource("ClusterRoleBinding", _RBAC, "clusterrolebindings", namespaced=False),
    Resource("StorageClass", _STORAGE, "storageclasses", namespaced=False, names=("sc",)),
    Resource("VolumeAttachment", _STORAGE, "volumeattachments", namespaced=False),
    Resource("CSIDriver", _STORAGE, "csidrivers", namespaced=False),
    Resource("CSINode", _STORAGE, "csinodes", namespaced=False),
    Resource(
        "PriorityClass",
        "scheduling.k8s.io/v1",
        "priorityclasses",
        namespaced=False,
        names=("pc",),
    ),
    Resource(
        "CustomResourceDefinition",
        "apiextensions.k8s.io/v1",
        "customresourcedefinitions",
        namespaced=False,
        names=("crd", "crds"),
    ),
    Resource("APIService", "apiregistration.k8s.io/v1", "apiservices", namespaced=False),
    Resource(
        "CertificateSigningRequest",
        "certificates.k8s.io/v1",
        "certificatesigningrequests",
        namespaced=False,
        names=("csr",),
    ),
    Resource(
        "ValidatingWebhookConfiguration",
        _ADMISSION,
        "validatingwebhookconfigurations",
        namespaced=False,
    ),
    Resource(
        "MutatingWebhookConfiguration",
        _ADMISSION,
        "mutatingwebhookconfigurations",
        namespaced=False,
    ),
    Resource(
        "ValidatingAdmissionPolicy", _ADMISSION, "validatingadmissionpolicies", namespaced=False
    ),
    Resource(
        "ValidatingAdmissionPolicyBinding",
        _ADMISSION,
        "validatingadmissionpolicybindings",
        namespaced=False,
    ),
)
_BY_KIND = {resource.kind: resource for resource in BUILT_IN}


def built_in(kind: str, api_version: str | None = None) -> Resource | None:
    """A kind of Kubernetes' own; None where the API version says that another one is meant."""
    resource = _BY_KIND.get(kind)
    if resource is None or api_version not in (None, resource.api_version):
        return None
    return resource


def is_cluster_scoped(kind: str, api_version: str | None = None) -> bool:
    """Whether the kind is known to have no namespace."""
    resource = built_in(kind, api_version)
    return resource is not None and not resource.namespaced
