"""A real Argo CD beside a cluster, and what it is told of ApprovalRequests."""

from devcluster.argocd.server import ArgoCD

__all__ = ["ArgoCD"]
