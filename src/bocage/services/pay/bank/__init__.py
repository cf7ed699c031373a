"""The bank that the town's money lies at: the folder that files are exchanged through, and a demo bank behind it.

A real bank's gateway (EBICS, SFTP) puts files into the same folder and takes them from it.
"""
