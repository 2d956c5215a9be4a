"""``python -m receipted``: the command line where the script is not on the PATH."""

from receipted.cli.app import main

if __name__ == "__main__":
    main()
