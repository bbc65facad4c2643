"""What `serve` answers over HTTP: scrapes, health, the JSON API."""
