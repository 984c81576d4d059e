"""The vocabulary that every part of Journeyman shares: records, protocols, plug-ins, configuration, errors, seeding."""
