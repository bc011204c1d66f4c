"""The options, input, output, groups and workers that verbs share."""
