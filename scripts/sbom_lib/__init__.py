"""What Harrier is made of: the parts of scripts/sbom."""
