"""What a decision depends on besides the request and its policies: what was before."""
