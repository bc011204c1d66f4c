"""Draw figures as SVG."""
