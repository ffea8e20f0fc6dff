"""What an action reaches: pods, their budgets, and how bad it is to lose them."""
