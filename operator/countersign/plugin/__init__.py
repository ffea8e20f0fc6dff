"""``kubectl countersign``: what people do with requests, one command a verb.

Nothing here has a power of its own: all of it is ordinary requests to the API server under the
person's own name, which kubectl can make as well (docs/plugin.md says how).

::

    app          the commands, put together; exits: what their statuses mean
    commands/    one verb a file: read the arguments, ask, do, tell
    session      one connection;  requests, reviews, cases: what is asked of the API server
    repairs: whether a playbook fits an incident;  linked: both, of a request that names them
    proposals, signing, undoing, accounts: what is sent, pure
    tables, details, explaining: what is shown, pure
    screen       the only way to the terminal: everything is made harmless there
"""
