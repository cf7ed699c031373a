"""A drawn street with a drawn camera, where it is known exactly who drove where and what they did (extra `video`)."""
