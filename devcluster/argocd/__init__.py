"""A real Argo CD beside a cluster, and what it is told of ApprovalRequests."""
