"""Names for the entities of the demo library."""

from __future__ import annotations


def _words(text: str) -> list[str]:
    return text.split()


TAGS: dict[str, tuple[str, ...]] = {
    "Outdoor": ("Mountains", "Coast", "Desert", "Forest", "River", "Lake", "Meadow", "Glacier", "Canyon"),
    "Coast": ("Beach", "Cliffs", "Harbour", "Lighthouse"),
    "Mountains": ("Summit", "Alpine Hut", "Volcano"),
    "Travel": ("City", "Village", "Train", "Ferry", "Hiking", "Cycling", "Market", "Festival"),
    "City": ("Skyline", "Old Town", "Bridge"),
    "Wildlife": ("Birds", "Whales", "Foxes", "Insects"),
    "Birds": ("Seabirds", "Cranes"),
    "Weather": ("Storm", "Snow", "Fog", "Rain"),
    "Light": ("Sunrise", "Sunset", "Night Sky", "Aurora"),
    "Technique": ("Aerial", "Time-lapse", "Slow Motion", "Underwater", "Macro", "Black and White"),
    "Season": ("Spring", "Summer", "Autumn", "Winter"),
    "To sort": (),
}
"""Each tag with its child tags."""

ALIASES = {
    "Harbour": ("Harbor", "Port"),
    "Time-lapse": ("Timelapse",),
    "Aerial": ("Drone",),
    "Beach": ("Shore",),
}

STUDIOS: dict[str, tuple[str, ...]] = {
    "Northlight Pictures": ("Northlight Nature", "Northlight Travel", "Aurora Unit"),
    "Acme Films": ("Acme Outdoors", "Acme City Guides"),
    "Blue Harbour Media": ("Tidewater", "Deep Blue"),
    "Summit House": ("Summit Trails", "Alpine Archive", "Hut Diaries"),
    "Slow Train Productions": ("Night Train", "Branch Line"),
    "Meadow & Sons": (),
    "Lantern Films": ("Lantern Shorts",),
    "Compass Rose": (),
    "Paper Kite": (),
    "Old Mill Studio": (),
    "Wide Horizon": (),
}
"""Each studio with its child studios."""

GIVEN = _words("""
Amara Bruno Clara Dmitri Elena Farid Greta Hiro Ines Jonas Keiko Lars Mateo Nadia Oskar
Priya Quentin Rosa Sakura Tomas
""")
FAMILY = _words("""
Adler Brandt Costa Dahl Eriksen Fontaine Garcia Haruki Ito Jansen Kowalski Lindqvist
Moreau Okafor
""")
COUNTRIES = _words("""
JP DE FR NO SE US BR IN IT NG PL ES
""")
SUBJECTS = _words("""
Beach Harbour Lighthouse Glacier Forest Canyon Volcano River Lake Meadow Desert Village
Skyline Market Ferry Train Bridge Cliffs Summit Aurora
""")
MOODS = _words("""
Quiet Golden Distant Wandering Silver Hidden Northern Endless Early Last Open Bright
""")
PLACES = _words("""
Lofoten Hokkaido Patagonia Tuscany Iceland Kyoto Madeira Shetland Atacama Provence Yukon
Kerala Azores Dolomites Andalusia Jutland
""")
SERIES = [
    "Rails of the North",
    "Islands in the Wind",
    "The Long Shore",
    "Above the Tree Line",
    "Seven Harbours",
    "Night Skies",
    "City Walks",
    "Field Notes",
    "A Year in the Valley",
    "Rivers to the Sea",
]
VOLUMES = ("Volume 1", "Volume 2")

SIMILAR_TAGS = ("Sunsets", "Time Lapse", "light house", "Harbours")
"""Tags with the same meaning as other tags."""
UNUSED_TAGS = ("Ideas", "Portrait mode")
SIMILAR_STUDIO = "Blue Harbor Media"
"""Another spelling of Blue Harbour Media."""
