-- Which pictures show a sensitive species: those taken while it was there as well.

-- As in 0007; and of an event that a data set describes as a whole, its observation names but one picture. Others
-- of the same camera within its span show the same. No record of a day's length or less is missed.
CREATE OR REPLACE FUNCTION shows_sensitive(of_reserve uuid, picture uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM sensitive_species s WHERE s.reserve_id = of_reserve) AND (
        EXISTS (
            SELECT FROM observation o
            WHERE o.media_id = picture AND is_sensitive(of_reserve, o.scientific_name)
              AND NOT EXISTS (SELECT FROM alert a WHERE a.observation_id = o.id)
        ) OR EXISTS (
            SELECT FROM label l WHERE l.media_id = picture AND is_sensitive(of_reserve, l.scientific_name)
        ) OR EXISTS (
            SELECT FROM dataset_media m
            JOIN observation o ON o.deployment_id = m.deployment_id
                              AND o.observed_at BETWEEN m.observed_at - interval '1 day' AND m.observed_at
                              AND o.ended_at >= m.observed_at
            WHERE m.id = picture AND is_sensitive(of_reserve, o.scientific_name)
        )
    )
$$;
