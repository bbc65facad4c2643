"""Faust's transport with one event per partition chunk. Every overridden internal of Faust and aiokafka is here.

But for one, of how a group is joined: see joining.py. Its signature is checked here too.
"""
