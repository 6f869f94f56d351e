"""`manage.py up`: runs all processes of one machine under one parent, for development and small installations.

Larger ones start the same commands (`plan.py`) under their own supervisor, one container each.
"""
