"""`make demo`: the main job told on a terminal, each command with what it really said.

`story.py` is the text; the other modules set the stage, run it and check it.
"""
