"""Objects as JSON files, one per object, in the layout in which a Stash server exports and imports them."""
