"""What scripts/attack tries."""
