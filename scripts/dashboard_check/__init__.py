"""The parts of scripts/check-dashboards."""
