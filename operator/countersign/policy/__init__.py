"""Pure decisions: who must sign, whether enough did, what to do next, whether to try again."""
