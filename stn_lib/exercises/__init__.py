"""The checks of the exercises: each calls the learner's function and names the misconception.

In a notebook::

    from stn_lib.exercises import sampling as check

    check.bilinear(my_bilinear)
"""
