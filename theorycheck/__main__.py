"""`python -m theorycheck`."""

from theorycheck.cli import main

if __name__ == "__main__":
    main()
