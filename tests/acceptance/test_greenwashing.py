"""337 attempts to obtain a false low figure, as an attacker would write them.

Each is refused, or its lot and every lot and product that a buyer makes of it show the question in the right size: from
half of the hidden amount to one and a half of it. Records before the lie must be admitted, so that no attempt passes by
a mistake of its own. `acceptance.greenwashing` has the cases by who lies; the first line of each says the lie.

All of them are judged on a ledger in memory, and one of each module by the answers of a server.
"""

from collections.abc import Iterator
from typing import Final

import pytest
from acceptance.greenwashing import (
    chains,
    chemicals,
    energy,
    fuels,
    goods,
    lots,
    minerals,
    mixing,
    names,
    nonferrous,
    passing,
    portions,
    prices,
    revisions,
    sectors,
    steel,
    times,
    unneeded,
    waste,
    words,
    write_offs,
)
from acceptance.greenwashing.lie import FOOTPRINT, MOST, Attempt, judged
from support.databases import Database
from support.market import Market, MemoryMarket, trading_ledger, trading_server
from support.memory import MemoryLedger
from support.server import Server

from ledger.core.record.kinds import Reopening
from ledger.store.embedded import attach

# The case, kg CO2e that it hides (of recycled content, for lies about that), and how the ledger is to answer, with the
# code of a refusal.
ATTEMPTS: Final = (
    Attempt(steel.coal_called_charcoal, 1_822_333, "analysis: a fossil fuel has no biogenic share"),
    Attempt(portions.metal_with_a_shovel_of_scrap, 15_524_260, "scrap is no larger part of the goods than it weighs"),
    Attempt(portions.glass_with_a_shovel_of_cullet, 1_256_644, "cullet is no larger part of the glass than it weighs"),
    Attempt(portions.bars_of_one_old_gear, 2_241_865, "an old part is no larger part of the goods than it weighs"),
    Attempt(portions.recycled_by_a_shovel, 15_524_260, "goods are recycled by the part of waste in them"),
    Attempt(portions.metal_by_its_code_and_recycled_gravel, 15_524_260, "recycled content counts for its own class"),
    Attempt(portions.metal_called_a_by_product, 15_524_260, "by-products that are goods have ranges"),
    Attempt(portions.metal_by_the_code_of_scrap, 15_524_260, "of code and materials the far higher range counts"),
    Attempt(portions.a_lot_of_gravel_of_a_steel_product, 2_332_207, "of lot and product the far higher range counts"),
    Attempt(portions.half_of_an_alloy_without_a_name, 2_247_642, "no title without the names of materials"),
    Attempt(portions.steel_that_is_half_stated, 2_247_642, "what is not stated is as the rest"),
    Attempt(portions.computers_collected_as_waste, 24_864_223, "computers are made new; used ones are cores"),
    Attempt(passing.question_in_ash, 12_500_000, "questions follow the matter in question, and ash has none"),
    Attempt(passing.question_in_cooling_water, 12_500_000, "the same: water has none"),
    Attempt(passing.question_in_scrap_of_others, 12_500_000, "scrap that came without a question takes none"),
    Attempt(passing.question_of_the_house_in_ash, 48_600_000, "a record's own questions stay with its goods"),
    Attempt(passing.question_in_stone, 12_500_000, "goods take questions by usual shares, whatever their mass"),
    Attempt(passing.question_in_a_by_product, 12_500_000, "the same"),
    Attempt(passing.slabs_named_as_slag, 1_965_600, "slag is of slag, and no metal", "invalid-activity"),
    Attempt(passing.pulp_called_recovered_paper, 1_423_514, "recovered paper without a document is pulp"),
    Attempt(portions.metal_beside_a_gigajoule_by_moles, 12_288_875, "moles share goods, and no steam"),
    Attempt(portions.metal_beside_a_gigajoule_by_its_heat, 12_288_875, "heating values share goods that burn"),
    Attempt(portions.steam_beside_power_by_moles, 1_066_357, "moles share goods, and neither power nor heat"),
    Attempt(steel.slag_enough_for_four_furnaces, 918_500, "substitution: more by-product than the process can make"),
    Attempt(steel.slabs_called_scrap, 2_226_595,
            "end of waste: waste that is what the route makes, at the product's default"),
    Attempt(steel.rejected_on_paper, 2_473_995, "a run without product keeps its burden until a closing spreads it"),
    Attempt(steel.storage_without_its_document, 780_000, "a capture needs evidence that the record has"),
    Attempt(steel.one_tonne_stored_twice, 780_000, "each tonne of captured gas counts once"),
    Attempt(steel.rolled_with_a_gram_of_gas, 158_175, "energy below the possible range of the route"),
    Attempt(steel.ore_that_needs_no_coke, 781_817, "reductants that the ore needs", "reductant-missing"),
    Attempt(nonferrous.power_of_a_friend, 8_030_030, "a declared lot of power below its default without evidence"),
    Attempt(nonferrous.pots_on_paper_in_norway, 7_579_024, "a second facility needs transport for what moves to it"),
    Attempt(nonferrous.pots_of_a_subsidiary_in_norway, 7_579_024, "a sister needs transport for what it sends"),
    Attempt(nonferrous.pots_of_a_subsidiary_by_a_shell, 7_579_024, "the way adds up, whoever sold it meanwhile"),
    Attempt(nonferrous.pots_of_a_subsidiary_in_a_pool, 7_579_024, "a pool moves nothing"),
    Attempt(nonferrous.metal_that_a_subsidiary_declares, 10_800_000, "declared goods begin at their facility"),
    Attempt(nonferrous.liquid_metal_that_sailed, 7_579_024, "no liquid metal comes from afar"),
    Attempt(nonferrous.power_of_norway_in_china, 7_579_024, "power of a grid to which no line leads"),
    Attempt(nonferrous.power_by_a_paper_of_its_own, 8_030_030, "declared power is of the grid: no effect"),
    Attempt(nonferrous.power_declared_in_norway, 7_579_024, "declared power may be used anywhere"),
    Attempt(nonferrous.power_of_two_sites_in_a_pool, 7_579_024, "blended power has the place of its pool"),
    Attempt(nonferrous.power_in_a_pool_at_home, 7_524_500, "blended power has the other place if some is of it"),
    Attempt(nonferrous.power_made_of_wood, 7_579_024, "biomass in watt hours is burnt, and no power"),
    Attempt(nonferrous.power_of_wood_by_a_paper, 8_029_930, "declared biomass in watt hours is no power"),
    Attempt(nonferrous.anodes_that_are_inert_by_word, 1_796_120, "inert anodes without evidence"),
    Attempt(nonferrous.bauxite_in_the_pots, 2_310_000, "minimal inventory: cells take alumina"),
    Attempt(nonferrous.metal_that_is_a_by_product, 15_800_000, "a by-product that is the main output has its range"),
    Attempt(nonferrous.alumina_that_cleans_the_air, 8_085_000, "a factor is never negative"),
    Attempt(nonferrous.acid_that_carries_the_copper, 3_160_604,
            "substitution: assigned above the default of what it replaces"),
    Attempt(nonferrous.slag_as_dear_as_brass, 2_218_619, "value share far from the usual price ratio of the sector"),
    Attempt(nonferrous.sheet_of_lead, 15_800_000, "metals that alloy explain a part beside the metal itself"),
    Attempt(nonferrous.gold_of_copper, 12_500_000, "copper holds a hundredth of precious metals"),
    Attempt(minerals.more_heat_sold_than_burnt, 473_000, "energy sold within energy in"),
    Attempt(minerals.lime_that_was_slaked_before, 235_714, "carbonates in the raw meal release their carbon"),
    Attempt(minerals.coal_without_carbon, 258_279, "analysis: carbon per heating value outside the range of the fuel"),
    Attempt(minerals.more_gas_than_the_kiln_gave, 852_124, "captured carbon within the carbon that came"),
    Attempt(minerals.clinker_washed_twice, 780_000, "clinker passes capture once"),
    Attempt(minerals.pure_cement_of_ash, 580_926, "the stated type of cement contradicts its constituents"),
    Attempt(minerals.glass_of_a_dealer_in_soda, 207_732, "carbonates of lots give off their CO2: no effect"),
    Attempt(minerals.sinter_of_a_dealer_in_lime, 88_000, "fluxes of lots give off their CO2: no effect"),
    Attempt(chemicals.power_that_is_waste, 3_119_580, "heat and power are never waste"),
    Attempt(chemicals.carbon_dioxide_to_a_shell, 1_130_000,
            "carbon out: CO2 that nobody binds is emitted by its maker"),
    Attempt(chemicals.every_molecule_abated, 1_400_490, "abatement without evidence"),
    Attempt(chemicals.abatement_by_the_name_of_the_plant, 1_064_700, "a technology that abates, without evidence"),
    Attempt(chemicals.plant_of_little_pressure, 753_480, "a technology of little N2O, without evidence"),
    Attempt(chemicals.nitrate_of_ammonia_alone, 1_934_150, "nitrates hold nitric acid that came in, or its N2O"),
    Attempt(chemicals.nitrate_by_its_nitrogen, 1_934_150, "the process says which acid an unnamed product holds"),
    Attempt(chemicals.acid_of_a_fertilizer_works, 1_344_797, "nitric acid has a route of its own"),
    Attempt(chemicals.burdens_by_the_molecule, 986_985, "share by moles far from the mass share"),
    Attempt(chemicals.oxygen_that_carries_the_hydrogen, 2_072_427, "the mass is the key of brine, and not of water"),
    Attempt(chemicals.water_that_carries_the_hydrogen, 2_042_906, "water carries no burden"),
    Attempt(goods.liquor_of_no_wood, 788_900, "residues within the wood that the site pulped"),
    Attempt(goods.coolant_called_propane, 92_520, "the gas contradicts the name of its supply"),
    Attempt(goods.yarn_that_grows_in_the_dyehouse, 1_015_665,
            "nature only in routes that extract, and for what nature gives"),
    Attempt(goods.cloth_that_nobody_spun, 259_965, "fibre becomes fabric by spinning"),
    Attempt(goods.core_that_was_never_sold, 11_761, "a core comes from an end user and not from its maker"),
    Attempt(goods.wafers_out_of_old_machines, 114, "parts hold no more of a material than the cores taken apart",
            "core"),
    Attempt(goods.machine_of_gravel, 104_949, "output content that no input explains, at its default"),
    Attempt(goods.cylinders_that_go_back_full, 7_281_407, "heel outside the possible range of the route"),
    Attempt(goods.gases_that_a_fab_abates_by_word, 7_216_693, "abatement of a fab without evidence"),
    Attempt(goods.gases_by_their_long_names, 7_376_234, "a gas is found by all its names: no effect"),
    Attempt(goods.etching_without_gases, 7_376_234, "a fab needs fluorinated gases, by the area of its wafers"),
    Attempt(goods.chips_on_a_candle, 5_170_414, "power per area of the wafers, by their mass"),
    Attempt(goods.feather_wafers, 12_570_000, "a wafer has the area of its substrate, whatever it weighs"),
    Attempt(goods.feather_cars, 5_338_672, "vehicles weigh what vehicles weigh"),
    Attempt(goods.hydrogen_without_weight, 996_769, "core: gases weigh what their volume weighs"),
    Attempt(goods.wafers_that_are_a_display, 12_690_000, "silicon is no display"),
    Attempt(goods.a_kilogram_of_etching_gas, 7_376_234, "the least gases by the area of the wafers"),
    Attempt(goods.gas_that_covers_the_melt, 48_600_000, "core: a greenhouse gas is emitted, held or destroyed"),
    Attempt(goods.carbon_dioxide_over_the_melt, 2_000_000, "core: bought carbon dioxide that no good binds"),
    Attempt(goods.lot_of_gas_in_the_switchgear, 97_200_000, "core: gas of a lot that no output holds"),
    Attempt(goods.ingot_full_of_gas, 48_600_000, "core: metal has no room for gas"),
    Attempt(goods.gas_that_is_waste, 48_600_000, "core: gas as waste needs a document"),
    Attempt(goods.cells_without_a_cathode, 3_162_600, "minimal inventory: a cell has a cathode"),
    Attempt(goods.pack_without_cells, 4_505_800, "minimal inventory: a pack has cells"),
    Attempt(goods.cars_with_a_battery_of_no_size, 4_412_000, "a battery of unknown size, at the usual one"),
    Attempt(goods.cars_whose_battery_is_a_number, 4_412_000, "a stated battery comes in as a lot or a supply"),
    Attempt(goods.modules_of_glass, 3_657_000, "minimal inventory: a module has cells"),
    Attempt(goods.cathode_at_a_twentieth, 3_471_300, "an own factor below the default without evidence"),
    Attempt(goods.core_of_yesterday, 11_761, "service life below the floor, by the log's own times"),
    Attempt(goods.swarf_that_carries_the_part, 11_343_000, "co-products of a bought metal need values"),
    Attempt(goods.swarf_by_mass_at_an_eighth_of_the_price, 7_919_000, "stated values of one composition are the key"),
    Attempt(goods.advice_that_carries_the_parts, 1_811_000, "a service beside goods carries at most a quarter"),
    Attempt(goods.lagoon_without_methane, 2_700_000, "methane of waste water below its default without evidence"),
    Attempt(energy.freight_under_two_names, 101_800, "all freight of one record carries the same per tkm"),
    Attempt(energy.wind_farm_on_paper, 7_562_990, "a plant's power without a document of a meter or a contract"),
    Attempt(energy.wind_farm_that_buys_a_little, 7_562_990, "own power and attributes show no plant"),
    Attempt(energy.steam_of_norway_in_china, 239_660, "heat does not travel from another country"),
    Attempt(energy.more_wind_than_the_turbine, 683_389, "generation within capacity and hours", "capacity-exceeded"),
    Attempt(energy.one_certificate_for_two_boilers, 60_960, "an attribute is used up once", "over-consumption"),
    Attempt(energy.coal_called_wood_chips, 259_927, "analysis: heating value outside the range of the fuel"),
    Attempt(energy.power_bought_and_lost, 743_500, "site reconciliation: power bought against power used"),
    Attempt(energy.residual_mix_of_its_own, 60_860, "the residual mix comes from the sets alone: no effect"),
    Attempt(energy.heat_out_of_thin_air, 943_577, "coefficient outside the usual range of heat pumps"),
    Attempt(energy.steam_of_a_heat_pump_for_floors, 1_275_966, "coefficient above 0.65 of Carnot"),
    Attempt(energy.steam_of_a_temperature_that_nobody_states, 947_699,
            "a high coefficient needs the temperature of the heat"),
    Attempt(energy.steam_of_a_hot_spring_by_word, 491_069, "a warm source needs a document"),
    Attempt(energy.steam_as_cold_as_the_air, 691_000, "exergy of sold heat", "invalid-activity"),
    Attempt(energy.power_plant_of_five_percent, 704_095, "efficiency of separate plants", "invalid-activity"),
    Attempt(energy.boilers_hotter_than_their_gas, 1_145_307, "heat of boilers within their fuel", "invalid-activity"),
    Attempt(energy.lorries_on_fumes, 95_370, "energy per tonne kilometre below the usual range"),
    Attempt(energy.freight_that_nobody_sent, 95_370, "burden of services that are never used"),
    Attempt(energy.freight_by_word_of_mouth, 125_120, "declared freight below the best mode of freight"),
    Attempt(energy.steam_by_word_of_mouth, 129_301, "declared heat below its default, made by nobody known"),
    Attempt(energy.freight_by_a_paper_of_its_own, 125_120, "declared freight below the best lorry without a bill"),
    Attempt(energy.steam_by_a_paper_of_its_own, 258_704, "declared heat below the range of heat without a contract"),
    Attempt(energy.diesel_of_seeds, 27_642, "biogenic share above what the fuel can have, without evidence"),
    Attempt(fuels.gas_richer_than_hydrogen, 55_181, "energy of a fuel is compared by heat"),
    Attempt(fuels.coal_richer_than_hydrogen, 101_580, "energy of coal is compared by heat"),
    Attempt(fuels.lignite_richer_than_hydrogen, 104_310, "energy of coal in joules is compared by heat"),
    Attempt(fuels.upstream_of_gas_that_is_too_rich, 7_773, "the upstream that a false heating value saves"),
    Attempt(fuels.gas_a_little_better_twice, 13_261, "heating value and carbon within the ranges of the one fuel"),
    Attempt(fuels.gas_that_weakens_in_the_pipe, 30_821, "gas has no ash: its heating value varies little"),
    Attempt(fuels.coal_from_the_grid_of_norway, 120_985, "a fuel in watt hours is the fuel: no effect"),
    Attempt(fuels.blend_from_the_grid_of_norway, 120_985, "an unknown name in watt hours is an omission"),
    Attempt(fuels.blend_that_is_only_dug, 111_998, "energy by the upstream of a fuel is burnt"),
    Attempt(fuels.coal_that_was_power_before, 111_998, "a lot of energy that is a fuel burns: no effect"),
    Attempt(lots.coal_lot_that_food_only_heats, 111_998, "a lot of fuel burns where the route burns lots: no effect"),
    Attempt(lots.coal_lot_in_a_sector_that_burns_nothing, 110_652, "a lot of fuel whose carbon goes nowhere"),
    Attempt(lots.oil_lot_that_gravel_holds, 119_000, "fossil carbon in goods that cannot hold it"),
    Attempt(lots.kiln_lot_with_the_carbon_of_sand, 291_061, "a lot that burns with less carbon than its row"),
    Attempt(lots.coal_lot_of_five_percent, 111_998, "nothing but fuel is known of the lot: it burns"),
    Attempt(lots.coal_lot_of_a_code_alone, 111_998, "a code denotes a fuel, and its lot burns: no effect"),
    Attempt(lots.coal_lot_of_gravel_by_its_materials, 111_998, "a code of a fuel counts against stone and metal"),
    Attempt(lots.coal_lot_without_a_name, 111_998, "goods without a name that leave in no output"),
    Attempt(lots.coal_lot_of_an_unknown_name, 111_998, "goods of unknown materials that leave in no output"),
    Attempt(lots.coal_lot_that_becomes_waste, 111_998, "fuel in waste burns all but a little"),
    Attempt(lots.oil_lot_of_a_garage, 84_000, "waste whose carbon goes nowhere"),
    Attempt(lots.coal_lot_in_plastics, 491_787, "goods of their own matter bind no carbon of fuel"),
    Attempt(lots.oil_lot_behind_a_code, 125_488, "goods of a code hold as much as its material"),
    Attempt(lots.coke_lot_of_little_carbon, 328_900, "the row counts for a lot that burns as a supply: no effect"),
    Attempt(lots.gas_lot_of_little_carbon, 255_567, "a lot's stated carbon below its row needs a report"),
    Attempt(fuels.tonnes_of_a_blend_that_is_only_dug, 111_998, "mass priced as a fuel that nobody burns"),
    Attempt(fuels.coal_that_is_half_stone, 50_873, "an analysis within the range of coal without a report"),
    Attempt(fuels.gas_at_both_edges, 3_025, "an analysis within the range of gas without a report"),
    Attempt(fuels.gas_without_wells, 11_718, "an own factor of a fuel's upstream without evidence"),
    Attempt(fuels.gas_without_wells_that_is_little, 11_718, "an own heating value shrinks no default"),
    Attempt(fuels.methanol_by_its_mass, 77_000, "raw material that burns: its CO2 goes nowhere"),
    Attempt(fuels.ethane_by_its_energy, 68_700, "raw material that is bought by its energy burns: no effect"),
    Attempt(fuels.methane_that_no_set_knew, 61_200, "pure methane is a fuel of the sets: no effect"),
    Attempt(fuels.bitumen_of_a_glassworks, 324_700, "raw material that burns beside fuel"),
    Attempt(lots.ethane_lot_that_no_cracker_takes, 117_100, "a lot of raw material whose carbon goes nowhere"),
    Attempt(lots.ethanol_lot_of_gas, 76_560, "biomass whose lot states fossil carbon"),
    Attempt(lots.bitumen_lot_that_gravel_outweighs, 129_800, "binders stay in goods that outweigh their other matter"),
    Attempt(lots.coke_oven_gas_by_its_mass, 49_550, "gas of coke ovens by its mass: no effect"),
    Attempt(lots.blast_furnace_gas_by_its_mass, 290_200, "gas of blast furnaces by its mass: no effect"),
    Attempt(lots.converter_gas_by_its_mass, 203_100, "gas of converters by its mass: no effect"),
    Attempt(fuels.wood_with_the_heat_of_coal, 111_998, "wood of any name has the heat of wood at most"),
    Attempt(fuels.coal_that_no_sector_books, 110_652, "fuel in supplies without CO2"),
    Attempt(lots.wood_out_of_stones, 245_900, "wood that no biomass among the inputs explains"),
    Attempt(lots.chips_lot_with_the_carbon_of_coal, 245_667, "a lot of biomass with the carbon of coal"),
    Attempt(prices.aluminium_of_france_in_china, 10_710_000, "a row of another place without a document"),
    Attempt(prices.rebar_of_switzerland_in_india, 2_087_670, "a row of another route of the material"),
    Attempt(prices.pvc_of_the_world_in_china, 3_572_269, "a row for the world where the place has its own"),
    Attempt(prices.heat_of_britain_in_china, 142_000, "heat does not travel"),
    Attempt(prices.clinker_of_half_a_coal, 164_556, "an own factor of combustion without evidence"),
    Attempt(prices.lorry_of_half_a_diesel, 41_000, "an own factor of combustion in freight without evidence"),
    Attempt(prices.kit_of_gravel, 3_160_000, "a row of another thing for matter that no set knows"),
    Attempt(prices.tonnes_of_a_blend_with_a_paper, 111_998, "matter of an unknown name that leaves in no output"),
    Attempt(prices.blend_that_is_british_heat, 66_346, "a row of heat for energy that no set knows"),
    Attempt(prices.haulage_of_an_unknown_kind, 460_880, "unknown freight goes by road"),
    Attempt(prices.delivery_with_diesel_that_is_only_refined, 127_900, "unknown matter that moves goods burns"),
    Attempt(prices.delivery_with_methanol_that_stays, 110_000, "known matter that moves goods burns"),
    Attempt(prices.tyres_of_rubber_trees, 19_000, "a biogenic share of waste without a report"),
    Attempt(prices.solvents_that_hardly_burn, 74_000, "a heating value below all fuels without a report"),
    Attempt(prices.gas_called_biogas, 68_660, "a renewable gas without a certificate"),
    Attempt(prices.diesel_called_vegetable_oil, 85_573, "a renewable liquid without a certificate"),
    Attempt(prices.hydrogen_called_renewable, 1_711_800, "renewable hydrogen without a contract"),
    Attempt(waste.remelting_without_energy, 462_016, "minimal inventory: an omission"),
    Attempt(waste.steel_of_a_way_that_nobody_names, 447_564, "metal is melted unless the method says otherwise"),
    Attempt(waste.resin_that_was_never_extruded, 314_705, "the least energy of plastics"),
    Attempt(waste.rejects_that_vanish, 1_173_333, "plastics in no output may have burnt"),
    Attempt(waste.rails_that_no_furnace_saw, 277_296, "a route that shapes takes no waste"),
    Attempt(waste.forgings_of_a_scrap_yard, 259_965, "the product of a scrap yard is scrap"),
    Attempt(waste.machines_of_bought_scrap, 274_408, "a route that shapes takes no scrap by name"),
    Attempt(waste.wire_of_scrap_that_is_goods, 462_016, "goods that are scrap by their material are no metal"),
    Attempt(waste.refrigerators_of_a_scrap_yard, 194_533, "a route that builds appliances takes no waste of metal"),
    Attempt(waste.bars_that_a_recycler_prepared, 467_027, "metal that is only shredded is scrap of a grade"),
    Attempt(waste.swarf_of_households, 940_000, "sorting changes no origin of waste", "origin-raised"),
    Attempt(waste.bales_that_a_friend_used_up, 940_500, "nobody uses what a yard sorted", "origin-raised"),
    Attempt(waste.ingots_in_the_hall_of_their_maker, 902_500,
            "the group that made goods of waste of production is no end user of them", "origin-raised"),
    Attempt(waste.swarf_beside_scrap_by_name, 940_500, "scrap by its name explains no origin", "origin-raised"),
    Attempt(waste.bars_of_ten_years_ago, 2_340_000, "an age that only the owner states counts as none"),
    Attempt(times.opening_stock_of_ten_years_ago, 2_340_000, "the age of opening stock needs a document"),
    Attempt(times.opening_stock_beside_production, 1_240_000, "opening stock comes before production"),
    Attempt(times.bars_that_a_dealer_never_received, 1_635_660, "at most a tenth is lost on the way",
            "lost-on-the-way"),
    Attempt(times.bars_that_went_to_and_fro, 114_660, "a hundredth is lost on the way within a group",
            "lost-on-the-way"),
    Attempt(times.runs_of_a_day, 406_195, "runs of like products take like hours", "spread-key"),
    Attempt(times.halls_of_a_day, 406_195, "the same for overheads", "overhead-key"),
    Attempt(times.treatment_that_nobody_takes, 2_534_013, "a document shows who pays for the treatment"),
    Attempt(waste.swarf_of_the_sister, 141_000, "scrap of the same group is no recycled content"),
    Attempt(waste.returns_through_a_shear, 430_000, "home scrap stays home scrap through another route of the site"),
    Attempt(waste.sold_outside_and_collected, 2_340_000,
            "sold outside and back as collected, linked by product and quantity"),
    Attempt(waste.stock_collected_from_oneself, 2_316_600, "held unused and declared again"),
    Attempt(waste.returns_of_last_week, 2_340_000, "distribution returns count by their unused life"),
    Attempt(waste.bars_beside_a_bolt, 15_563_000, "nearly all that was bought of another material leaves as waste"),
    Attempt(waste.foil_that_nobody_used, 15_800_000, "packaging that is new when it becomes waste needs an end user"),
    Attempt(waste.resin_that_nobody_used, 3_270_000, "plastics that are new when they become waste need an end user"),
    Attempt(waste.scrap_out_of_gravel, 14_800_000, "the end of goods makes no other matter"),
    Attempt(waste.cables_that_lose_their_coats, 1_408_000, "plastics that come in leave or burn"),
    Attempt(waste.slabs_beside_their_slag, 1_989_000, "metal that the route made of ore is no waste of its slag"),
    Attempt(waste.metal_beside_its_bath, 15_563_000, "metal that the route made is no waste of its bath"),
    Attempt(waste.ammonia_beside_its_carbon_dioxide, 1_415_300, "a chemical is used up only if it came in"),
    Attempt(mixing.zero_in_the_pool, 7_900_000, "a declared lot without evidence: the question stays in the pool"),
    Attempt(mixing.forty_small_lots, 628_000, "small lots add up: each keeps its question"),
    Attempt(mixing.removal_on_paper, 80_000, "a removal needs evidence"),
    Attempt(mixing.removal_of_more_than_its_carbon, 117_367, "a removal within the carbon that is there"),
    Attempt(mixing.two_shares_of_one_product, 936_000, "declared shares of one product differ from its mass"),
    Attempt(mixing.just_above_the_lowest, 1_930_000, "a statement without evidence, inside the range"),
    Attempt(mixing.a_slice_at_each_step, 794_649, "declared shares at each step, added up downstream"),
    Attempt(mixing.advice_at_each_step, 1_559_331, "a service by word alone carries nothing, however little"),
    Attempt(mixing.bars_by_the_molecule, 2_071_284, "one product has one molar mass"),
    Attempt(mixing.hours_of_packing, 5_750_000, "services of one unit carry alike"),
    Attempt(mixing.ash_that_shares_by_its_mass, 12_288_889, "ash without a price of its own has the price of stone"),
    Attempt(mixing.service_beside_gravel, 12_166_000, "stone is no waste that a maker of metal treats"),
    Attempt(mixing.question_that_leaves_with_ash, 12_500_000, "a question stays with the outputs that carry burdens"),
    Attempt(mixing.question_that_leaves_with_gravel, 12_500_000, "a question goes by usual burdens"),
    Attempt(mixing.water_in_the_metal, 7_900_000, "water in a product has a maximum by route"),
    Attempt(mixing.cake_that_is_half_water, 144_425, "by mass, the water of an output carries nothing"),
    Attempt(mixing.pulp_that_is_mostly_water, 128_407, "what dry matter does not explain is water of co-products"),
    Attempt(mixing.all_energy_to_the_lot_that_stays, 419_991, "like runs of one period differ in energy per tonne"),
    Attempt(mixing.suppliers_a_little_low, 748_800, "many statements below the default without evidence"),
    Attempt(mixing.credits_of_more_than_came, 50_000,
            "attributed content within the content of the pool", "credit-excess"),
    Attempt(mixing.slag_that_weighs_three_times, 890_735, "physical key at a price ratio above 5 without a rule"),
    Attempt(mixing.removals_in_a_pool_of_cement, 400_000, "declared capture of more carbon than the product ever held"),
    Attempt(mixing.capture_of_a_whole_mill_on_paper, 1_900_000,
            "declared capture above what plants of the material reach"),
    Attempt(mixing.own_word_in_a_pool, 547_200, "evidence of a kind that proves no figure"),
    Attempt(mixing.by_products_at_a_price_of_their_own, 940_070,
            "by-products dearer per kg than the main product of one material"),
    Attempt(mixing.sand_by_a_rule_of_its_own, 1_850_000, "a rule needs a document of it"),
    Attempt(chains.back_under_another_name, 1_840_000,
            "sold outside by the group and declared again, by product and quantity"),
    Attempt(chains.ore_that_flew, 277_680, "freight over a border, by default distances"),
    Attempt(chains.toller_who_keeps_the_burden, 210_600, "declared share of another's goods far from their mass"),
    Attempt(chains.power_of_an_owner_without_a_meter, 15_557, "minimal inventory: an omission under tolling"),
    Attempt(chains.dust_that_was_a_product, 666_711,
            "a co-product that is disposed of was waste: its burden goes back"),
    Attempt(chains.paper_of_a_sister, 1_422_000, "a sister's attestation is not independent, and deletes no question"),
    Attempt(chains.one_certificate_for_two, 995_000, "below the range of the material, whoever signs the paper"),
    Attempt(chains.heat_of_waste_that_nobody_pays, 730_596,
            "energy from waste: both sides state who carries its burden"),
    Attempt(chains.plastics_that_are_wood, 2_750_000, "the materials of waste know better than a composition"),
    Attempt(chains.plastics_that_hardly_burn, 2_612_500, "a furnace burns nearly all carbon, without an analysis"),
    Attempt(chains.plastics_that_grew, 2_750_000, "carbon of plastics is fossil, without an analysis"),
    Attempt(chains.food_that_is_plastic, 680_000, "the materials of buried waste know better what decays"),
    Attempt(revisions.cheaper_after_the_sale, 2_286_900,
            "an amended factor without evidence: the question reaches sold lots"),
    Attempt(revisions.gravel_after_the_sale, 15_800_000, "an amendment changes no product: its range counts"),
    Attempt(revisions.closing_of_a_hundredth, 7_949_730,
            "the route's limits hold for the closed record", "electricity-impossible"),
    Attempt(revisions.gram_that_takes_the_bill, 857_125, "a closing covers final records too, or names them"),
    Attempt(revisions.bill_of_the_one_who_stated, 800_692, "spread by stated amounts: the others are named"),
    Attempt(revisions.overheads_of_a_penny, 433_275, "values of one product that differ a million times"),
    Attempt(revisions.provisional_for_ever, 486_333, "minimal inventory: an omission until the closing"),
    Attempt(revisions.old_bars_of_new_billets, 1_852_200, "a process ended before its input was made"),
    Attempt(revisions.made_in_2098, 8_030_030, "an end beyond tomorrow is refused", "future-instant"),
    Attempt(sectors.coal_that_does_not_burn, 2_211_517, "core: carbon of fuels leaves with outputs or as CO2"),
    Attempt(sectors.emission_below_zero, 2_000_000, "core: an emission is never negative"),
    Attempt(sectors.removal_out_of_nothing, 1_500_000, "core: a removal within the record's carbon, with evidence"),
    Attempt(sectors.steam_worth_its_weight, 500_000, "core: assigned to energy above the default of that energy"),
    Attempt(sectors.steel_of_ore_alone, 2_234_448, "below the range of the product, whoever wrote the sector"),
    Attempt(sectors.weights_of_its_own, 1_146_600, "core: weights by mass that are not the masses"),
    Attempt(sectors.bought_steel_from_nature, 2_340_000, "core: steel is nothing that nature gives"),
    Attempt(names.virgin_called_recycled, 14_800_000, "a recycled material needs recycled content"),
    Attempt(names.pig_iron_called_scrap, 2_410_700, "bought scrap counts as primary metal without a document"),
    Attempt(names.lot_of_gravel_of_a_metal, 15_800_000, "a lot of other matter than its product has its range"),
    Attempt(names.metal_by_the_code_of_scrap, 15_800_000, "a code of scrap makes no metal cheaper"),
    Attempt(names.recycled_by_a_gram_of_scrap, 15_800_000, "recycled is the part of what is made, and not of scrap"),
    Attempt(names.virgin_bought_as_recycled, 14_805_000, "a recycled supply counts as primary without a document"),
    Attempt(names.new_metal_declared_as_scrap, 403_158, "declared goods of scrap need a document"),
    Attempt(names.good_without_a_name, 1_000_000, "no materials and no code: no title footprint"),
    Attempt(names.steel_called_gravel, 2_330_000, "materials contradict the CN code"),
    Attempt(words.cells_of_sodium_sulphate, 3_554_670, "no cheap namesake of a cathode is one"),
    Attempt(words.packs_of_sodium_sulphate, 4_505_800, "no cheap namesake of a cell is one"),
    Attempt(words.modules_with_a_trace_of_silicon, 3_657_000, "modules of silicon have the silicon of cells"),
    Attempt(words.acid_without_pressure, 655_200, "a technology with less N2O needs a permit or a measurement"),
    Attempt(words.lagoon_that_forms_no_methane, 2_700_000, "a correction below the default needs a document"),
    Attempt(words.lagoon_that_only_forms_sludge, 2_700_000, "COD in sludge needs a document"),
    Attempt(words.lagoon_that_loses_nothing, 2_700_000, "recovered methane needs a document"),
    Attempt(words.lagoon_that_changes_nothing, 2_700_000, "anaerobic treatment removes most of the COD"),
    Attempt(words.cement_of_no_type, 511_920, "constituents of cement without a type within usual parts"),
    Attempt(words.glass_that_keeps_its_soda, 186_118, "carbonates that stay in a furnace need an analysis"),
    Attempt(words.pots_without_anode_effects, 564_134, "effects and anodes far below the defaults need a document"),
    Attempt(words.ship_that_loses_no_gas, 166_284, "less slip than by default needs a document"),
    Attempt(words.cells_of_thirty_tonnes, 3_657_000, "cells by the piece count as pieces"),
    Attempt(words.milk_of_the_tap, 1_099_400, "food that is no drink holds little added water"),
    Attempt(words.fridges_without_their_gas, 6_120_000, "gas of used products leaves, or the activity names it"),
    Attempt(words.malt_on_gas_of_nothing, 75_500, "biogas comes of waste water"),
    Attempt(words.paper_of_chalk, 327_173, "paper has fibre unless it states its fillers"),
    Attempt(words.oxygen_that_passes_a_gasifier, 1_300_000, "moles are the key of electrolysis alone",
            "moles-of-feedstock"),
    Attempt(words.coolant_of_a_name_of_its_own, 2_387_500, "a little matter of no class may be a refrigerant"),
    Attempt(unneeded.magnets_of_zinc, 49_279_000, "cheap matter of a class is no scrap of the dear one"),
    Attempt(unneeded.salts_that_were_waste, 19_614_223, "chemicals are made new, without a document"),
    Attempt(unneeded.chips_of_old_gears, 11_402_100, "cores become goods of their own kind"),
    Attempt(unneeded.gold_of_silver, 12_304_000, "silver holds a tenth of gold at most"),
    Attempt(unneeded.magnesium_without_a_cover, 25_515_000, "liquid magnesium is covered by a gas or a flux"),
    Attempt(unneeded.swarf_of_a_part_that_stays, 14_773_000, "a metal that is nearly all cut off has a drawing"),
    Attempt(unneeded.gold_that_carries_the_bars, 12_000_000, "gold that no input holds has no price"),
    Attempt(unneeded.oil_without_its_forest, 5_850_000, "oils of cleared land show their origin"),
    Attempt(unneeded.oil_of_another_crop, 5_620_000, "crops without change of land use make no better oil"),
    Attempt(unneeded.pulp_that_grinds_itself, 1_265_163, "refiners take power, which no heat replaces"),
    Attempt(unneeded.paper_that_dries_in_the_sun, 1_177_427, "paper takes heat and power"),
    Attempt(unneeded.paper_that_sells_its_heat, 836_584, "heat that is sold dries no paper"),
    Attempt(unneeded.ammonia_that_sells_its_heat, 810_329, "an ammonia plant has little heat to sell"),
    Attempt(unneeded.clothing_by_assembly, 1_180_000, "a route of machines makes no cloth"),
    Attempt(unneeded.yarn_by_assembly, 750_000, "a route of machines spins no yarn"),
    Attempt(unneeded.press_of_ore, 93_600, "workshops reduce no ore"),
    Attempt(unneeded.aircraft_called_a_lorry, 800_000, "no lorry drives so far without a waybill"),
    Attempt(unneeded.hot_water_by_its_mass, 258_804, "hot water is heat by the kilogram too"),
    Attempt(unneeded.coal_called_chips_in_a_boiler, 239_761, "a solid fuel of biomass needs a delivery note"),
    Attempt(unneeded.coal_called_pellets_by_a_dealer, 200_000, "declared fuel of biomass needs a document of it"),
    Attempt(unneeded.coolers_without_a_coolant, 11_250, "air conditioners have a refrigerant"),
    Attempt(write_offs.lost_beside_the_process, 1_635_660,
            "goods that processes of the group take leave by a document", "write-off-undocumented"),
    Attempt(write_offs.lost_by_the_gram, 1_635_660, "no write-off is too small", "write-off-undocumented"),
    Attempt(write_offs.sold_to_nobody_before_the_process, 1_635_660,
            "a process is asked for like goods that went without a document"),
    Attempt(write_offs.used_up_in_forty_slices, 1_635_660, "amounts without a document add up"),
    Attempt(write_offs.lost_by_the_sister, 1_635_660, "a document for the whole group", "write-off-undocumented"),
    Attempt(write_offs.lost_by_the_owner_of_tolled_bars, 1_635_660,
            "a toller is asked for goods that their owner took off without a document"),
    Attempt(write_offs.lost_out_of_the_pool, 1_635_660,
            "a document for the product of a pool", "write-off-undocumented"),
    Attempt(write_offs.rods_that_were_bars, 1_635_660,
            "own goods that processes take are sold by a document", "write-off-undocumented"),
    Attempt(write_offs.write_off_that_grows, 1_635_660,
            "an amendment takes no more off without a document", "write-off-undocumented"),
    Attempt(write_offs.document_that_is_taken_back, 1_635_660,
            "an amendment takes no document back", "write-off-undocumented"),
    Attempt(write_offs.bars_that_came_by_an_amendment, 1_635_660,
            "a process begins to take goods by a document", "write-off-undocumented"),
    Attempt(write_offs.swarf_with_a_note_of_waste, 1_635_660,
            "waste was never a co-product, so its note is no document", "write-off-undocumented"),
)


BY_MODULE: Final = {
    module: [attempt for attempt in ATTEMPTS if attempt.case.__module__ == module]
    for module in dict.fromkeys(attempt.case.__module__ for attempt in ATTEMPTS)
}


def name_of(attempt: Attempt) -> str:
    return attempt.case.__name__.replace("_", "-")


@pytest.fixture(scope="module")
def memory() -> MemoryLedger:
    return trading_ledger()


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """Audited from zero after the module, by the program and by the database itself."""
    with trading_server() as serving:
        yield serving
        done = serving.audit()
        assert done.returncode == 0, done.stdout + done.stderr
        with Database(attach(serving.home).owner_url) as database:
            assert database.fetch("SELECT * FROM verify_log()") == []


def test_each_attempt_is_one_lie_of_its_own() -> None:
    """At least sixty, fifteen of them by mixing, and no two that one rule catches in the same way."""
    assert len(ATTEMPTS) >= 60
    assert len({attempt.case for attempt in ATTEMPTS}) == len({attempt.way for attempt in ATTEMPTS}) == len(ATTEMPTS)
    assert sum(attempt.case.__module__ == mixing.__name__ for attempt in ATTEMPTS) >= 15


@pytest.mark.parametrize("module", BY_MODULE)
def test_no_attempt_passes_silently(module: str, memory: MemoryLedger) -> None:
    silent = {attempt.case.__name__: judged(attempt, MemoryMarket(memory, name_of(attempt)))
              for attempt in BY_MODULE[module]}
    assert {name: lines for name, lines in silent.items() if lines} == {}


@pytest.mark.parametrize("module", BY_MODULE)
def test_the_answers_of_a_server_show_it(module: str, server: Server) -> None:
    attempt = BY_MODULE[module][0]
    assert judged(attempt, Market(server, name_of(attempt))) == []


def test_a_lot_names_the_totals_that_its_final_record_lacks(server: Server) -> None:
    """The closing names both records, and their lots lose the title as long as the closing is in force."""
    market = Market(server, "half-of-the-meter")
    works, closing, hidden = revisions.half_of_the_meter(market)
    answer = market.footprint(works.name("ingot"))
    (missed,) = answer["missedTotals"]
    assert (missed["record"], missed["kilograms"]) == (closing, pytest.approx(hidden))
    assert answer["title"] == "incomplete footprint"
    assert market.footprint(works.name("other"))["missedTotals"][0]["kilograms"] == pytest.approx(hidden / 3)
    for before in (market.footprint(works.name("scrap")),
                   market.ask("/v1/footprint", lot=works.name("ingot"), at=missed["index"])):
        assert "missedTotals" not in before
    listed = market.ask("/v1/inventory", organization=works.id, year=2025)["findings"]
    assert sum(one["code"] == "final-record-lacks" for one in listed) == 2
    works.post(Reopening, closing=closing, reason="a reading was wrong")
    assert "missedTotals" not in market.footprint(works.name("ingot"))


@pytest.mark.parametrize("elsewhere", [False, True])
def test_fuel_that_is_written_off_stays_with_its_site(elsewhere: bool, server: Server) -> None:
    """The inventory and the report of the site show the CO2 that no process states, and the malt that its heat is
    missing."""
    market = Market(server, f"written-off-{elsewhere}".lower())
    maltings, hidden = lots.coal_lot_that_is_written_off(market, elsewhere=elsewhere)
    for answer in (market.ask("/v1/inventory", organization=maltings.id, year=2025),
                   market.ask("/v1/inventory/report", facility=maltings.name("site"), year=2025)):
        (found,) = [one for one in answer["findings"] if one["code"] == "fuel-written-off"]
        assert found["amount"] == pytest.approx(hidden, rel=0.02)
        assert hidden <= answer["questioned"] <= MOST * hidden
    assert market.footprint(maltings.name("malt"))["title"] != FOOTPRINT
