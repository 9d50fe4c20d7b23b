"""The command `batchclip`, and `python -m batchclip`."""

import gc


def main() -> None:
    """Run the command line."""
    # Nothing of what is imported is garbage, and to look for some takes a tenth of the start.
    gc.disable()
    from batchclip.cli import main as run_command_line  # noqa: PLC0415 -- only from here on

    run_command_line()


if __name__ == "__main__":
    main()
