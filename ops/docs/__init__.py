"""
`python -m ops docs`: a static site about the warehouse, made from its SQL; write.py is where it begins.

Nothing is imported here: the tests of the SQL read it with statements.py and need no warehouse for that.
"""
