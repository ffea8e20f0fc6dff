"""What ApprovalPolicies ask of a request."""
