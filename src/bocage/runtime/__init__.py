"""What `./bocage up` and `./bocage test` run on: processes, their supervisor, the database's life."""
