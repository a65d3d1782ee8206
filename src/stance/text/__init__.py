"""From a file to statements with speaker and voice."""
