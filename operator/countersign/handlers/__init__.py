"""Kopf, thin: validate the object, call the workflow, hand its answer back."""
