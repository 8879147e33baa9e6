"""`python -m rongdun` is `rongdun`."""

from rongdun.cli import main

main()
