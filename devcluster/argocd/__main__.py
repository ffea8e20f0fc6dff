"""`python -m devcluster.argocd`: print the argocd-cm of `manifests/argocd`."""

from devcluster.argocd.customization import config_map

print(config_map(), end="")
