"""`python -m vocalino` is the command line."""

from vocalino.cli.main import main

if __name__ == "__main__":
    main()
