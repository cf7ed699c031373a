"""The one place that starts PostgreSQL, and the roles that everything else connects as."""
