"""The answers that the demonstration county must give, worked out without the engine.

By bookkeeping, plain shapely intersections feature by feature, pyproj.Geod, networkx. Nothing here imports the engine,
and the engine never reads it. book.py gathers what the other modules, one a theme, work out.
"""
