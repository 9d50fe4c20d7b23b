"""Restream's API: one method an endpoint, each answers with an outcome and never retries."""
