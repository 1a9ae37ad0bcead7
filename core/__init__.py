"""The rules of the desk. Knows neither Slack nor HTTP nor SQL text."""
