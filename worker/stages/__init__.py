"""What happens to one job, in order: validate, authorise, pace, dispatch, judge, settle."""
