"""``python -m worker`` is ``preflight``."""

from worker.cli import main

if __name__ == "__main__":
    main()
