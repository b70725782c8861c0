"""Other people's files to our shapes and back, one file a format. Knows no models, no store and no estimates.

Imported module by module, since some of them bring the whole of the statistics along.
"""
