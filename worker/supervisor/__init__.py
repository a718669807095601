"""Many processes at work on one queue, and one that works nothing itself: it keeps the others going."""
