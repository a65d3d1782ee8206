"""What people look at: tables, summaries, cards, pages."""
