"""From the text of an action to the one operation it names, or to a refusal.

``parse`` understands a text exactly or refuses it: whatever is left over, cannot be seen, or
could be read in two ways ends in a :class:`Refusal` whose message says what to write instead.
What is understood but belongs to another tool, file or cluster is :class:`Foreign`.

A text goes through these modules, top to bottom::

    characters  nothing invisible, nothing of another script in disguise
    layout      prompts, bullets, fences, backticks: where the command is, what is prose
    shell       the words of a command, as a shell would see them; operators are refused
    commands    which program and verb; ``verbs`` build the operation  (a command)
    sentences   a closed grammar for English and Chinese              (no command in the text)
    prose       what stands around either must not change its meaning
"""

from countersign.actions.parser.flat import describe
from countersign.actions.parser.foreign import Foreign
from countersign.actions.parser.parse import parse
from countersign.actions.parser.refusal import Refusal, RefusalClass

__all__ = ["Foreign", "Refusal", "RefusalClass", "describe", "parse"]
