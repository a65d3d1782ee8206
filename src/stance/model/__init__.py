"""From labelled statements to a table that scores."""
