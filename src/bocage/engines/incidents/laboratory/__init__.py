"""A motorway in SUMO on which vehicles break down, so that it is known what a detector should have found.

Needs the extra `city` (eclipse-sumo, libsumo). Nothing here is real traffic: it is a laboratory.
"""
