"""Countersign: actions on a cluster that need people's approval."""
