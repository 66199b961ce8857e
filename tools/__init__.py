"""The project's own tools: install, build, check. Nothing here runs or ships with the API."""
