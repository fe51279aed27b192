"""What people make of the maps: a blinded questionnaire, and what its answers say."""
