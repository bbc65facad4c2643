"""The wallboard: pages, styles and scripts of our own, the boards somebody laid out, and the alerts that fire."""
