"""The stories planted in the demo city, one per module: `STORY_ID`, `story(day)` and `plant(world)`."""
