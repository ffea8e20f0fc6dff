"""Pure: from the text of an action to a typed operation, and to the plan people sign."""
