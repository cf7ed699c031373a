"""The demo city: invented people and shops that live, so that a new town sees at once what it gets.

Everything here is made up and labelled a demo; production starts without it.
"""
