"""The checks of the exercises: each calls the learner's function and names the misconception behind a wrong answer.

In a notebook::

    from stn_lib.exercises import ch05_sampling as check

    check.bilinear(my_bilinear)

Each exercise is one file of its chapter's folder, named as its check; `stn_lib.exercises.framework` is what they share.
"""
